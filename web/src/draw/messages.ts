// English messages for drawing; they load with this part of the page.
import { addEnglishMessages } from '../i18n';
import draw from '../locales/en/draw.json';

addEnglishMessages(draw);
