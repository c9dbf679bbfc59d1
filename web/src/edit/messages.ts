// English messages of this part, which come with it.
import { addEnglishMessages } from '../i18n';
import edit from '../locales/en/edit.json';
import '../draw/messages';

addEnglishMessages(edit);
