// English messages of this part, which come with it.
import { addEnglishMessages } from '../i18n';
import ask from '../locales/en/ask.json';
import '../draw/messages';

addEnglishMessages(ask);
