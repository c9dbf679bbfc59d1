// English messages of this part, which come with it.
import { addEnglishMessages } from '../i18n';
import draw from '../locales/en/draw.json';

addEnglishMessages(draw);
