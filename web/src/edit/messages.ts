// English messages for editing; they load with this part of the page.
import { addEnglishMessages } from '../i18n';
import edit from '../locales/en/edit.json';
import '../draw/messages';

addEnglishMessages(edit);
