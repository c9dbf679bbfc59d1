// What the rows of every list share: title, cost, and the pointer that highlights the intervention on the map.
import { formatEuros, formatPercent } from '../format';
import { language, t } from '../i18n';
import { euShareOf, type Intervention } from '../plan';
import { hovered } from '../state';
import { codeLabel } from './labels';

interface NamedRowProps {
  text: string;
  language?: string;
}

/** A title, marked when it is in another language than the page, over a line of details. */
export function RowTitle({ name, sub }: { name: NamedRowProps; sub: string }) {
  return (
    <span class="what">
      <span class="title" lang={name.language}>
        {name.text}
      </span>
      {name.language && name.language !== language.value && (
        <abbr class="tongue" title={codeLabel('language', name.language)}>
          {name.language}
        </abbr>
      )}
      <span class="sub">{sub}</span>
    </span>
  );
}

/** The cost, its scope, and the EU share. */
export function RowMoney({ one }: { one: Intervention }) {
  const euShare = euShareOf(one);
  return (
    <span class="money">
      {one.cost === null ? <span class="none">{t('cost.none')}</span> : <span class="sum">{formatEuros(one.cost)}</span>}
      <span class="sub">
        {one.cost !== null && one.costScope !== 'total' && codeLabel('cost_scope', one.costScope)}
        {euShare !== null && t('eu.share', { share: formatPercent(euShare) })}
      </span>
    </span>
  );
}

/** While the pointer is over a row, the map highlights its intervention. */
export const hoverHandlers = (id: string) => ({
  onPointerEnter: () => (hovered.value = id),
  onPointerLeave: () => (hovered.value = ''),
});
