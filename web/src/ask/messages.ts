// English messages for queries; they load with this part of the page.
import { addEnglishMessages } from '../i18n';
import ask from '../locales/en/ask.json';
import '../draw/messages';

addEnglishMessages(ask);
