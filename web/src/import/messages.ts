// English messages of the import assistant; they load with this part of the page.
import { addEnglishMessages } from '../i18n';
import bring from '../locales/en/import.json';

addEnglishMessages(bring);
