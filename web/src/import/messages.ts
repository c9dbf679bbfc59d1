// Messages of the import assistant, in English and in the person's language; they load with this part of the page.
import { addLateMessages } from '../i18n';
import bring from '../locales/en/import.json';

/** Settles when they are there, or when English has to do. */
export const messagesLoaded = addLateMessages('import', bring).catch((error: unknown) => console.warn(error));
