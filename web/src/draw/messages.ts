// English messages of this part, which come with it.
import { teach } from '../i18n';
import draw from '../locales/en/draw.json';

teach(draw);
