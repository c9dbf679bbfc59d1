// Views of questions about areas: gaps, what lacks something nearby, and the union of footprints.
import { formatNumber } from '../../format';
import { t } from '../../i18n';
import { findNumber } from '../processResult';
import { placeTitle } from '../queryPlace';
import type { QuestionView } from '../questionView';
import { optionNumber, optionOf } from '../processRequests';
import { FeatureRows } from '../FeatureRows';
import { areaText, distanceText, searchedName, percentText, presetName } from '../answerText';
import { AnswerCard, leftOutText, joinSentences, numberValue } from './answerParts';

export const gapsView: QuestionView = {
  title: ({ query }) => placeTitle(query),
  sentence: ({ query, parts }) =>
    t('gaps.sentence', {
      share: percentText(numberValue(parts.gaps, 'gap_share')),
      distance: distanceText(optionNumber(query, 'gap')),
      what: searchedName(optionOf(query, 'missing')),
    }),
  body: ({ query, parts }) => {
    const share = findNumber(parts.gaps, 'gap_share');
    const people = findNumber(parts.gaps, 'residents');
    return (
      <>
        <div class="cards">
          <AnswerCard value={percentText(share?.value ?? 0)}>
            <span>{t('gaps.share', { part: areaText(share?.numerator ?? 0), whole: areaText(share?.denominator ?? 0) })}</span>
          </AnswerCard>
          <AnswerCard value={formatNumber(numberValue(parts.gaps, 'features'))}>
            <span>{t('gaps.served', { what: searchedName(optionOf(query, 'missing')) })}</span>
          </AnswerCard>
          {typeof people?.value === 'number' && (
            <AnswerCard value={formatNumber(people.value)}>
              <span>{t('gaps.people', { count: people.denominator ?? 0 })}</span>
            </AnswerCard>
          )}
        </div>
        <p class="note">{t('gaps.shaded')}</p>
      </>
    );
  },
};

export const withoutView: QuestionView = {
  title: ({ query }) => placeTitle(query),
  sentence: ({ query, parts }) => {
    const share = findNumber(parts.without, 'share');
    return joinSentences([
      t('without.sentence', {
        count: numberValue(parts.without, 'features'),
        of: share?.denominator ?? 0,
        distance: distanceText(optionNumber(query, 'distance')),
        what: searchedName(optionOf(query, 'having')),
      }),
      parts.without && leftOutText([parts.without], query),
    ]);
  },
  body: ({ query, parts }) => {
    const share = findNumber(parts.without, 'share');
    return (
      <>
        <div class="cards">
          <AnswerCard value={typeof share?.value === 'number' ? percentText(share.value) : '–'}>
            <span>{t('without.share', { count: share?.numerator ?? 0, of: share?.denominator ?? 0 })}</span>
          </AnswerCard>
          <AnswerCard value={formatNumber(numberValue(parts.without, 'others'))}>
            <span>{searchedName(optionOf(query, 'having'))}</span>
          </AnswerCard>
        </div>
        <FeatureRows title={searchedName(optionOf(query, 'what'))} features={parts.without?.features.features ?? []} />
      </>
    );
  },
};

export const footprintView: QuestionView = {
  title: ({ query }) => placeTitle(query),
  sentence: ({ query, parts }) => joinSentences([presetName(optionOf(query, 'preset')), parts.footprint && leftOutText([parts.footprint], query)]),
  body: ({ query, parts }) => {
    const preset = optionOf(query, 'preset');
    const main = findNumber(parts.footprint, preset);
    const twice = numberValue(parts.footprint, 'area_overlapping') || numberValue(parts.footprint, 'length_overlapping');
    const said = { m2: areaText, ha: (value: number) => areaText(value * 10_000), km: (value: number) => distanceText(value * 1000) }[main?.unit ?? ''];
    const size = main?.unit === 'km' ? distanceText : areaText;
    return (
      <>
        <div class="cards">
          <AnswerCard value={typeof main?.value === 'number' ? (said ?? formatNumber)(main.value) : '–'}>
            <span>{preset}</span>
            <span>{t('card.done', { count: main?.ids?.length ?? 0 })}</span>
          </AnswerCard>
          {twice > 0 && (
            <AnswerCard value={size(twice)}>
              <span>{t('foot.once')}</span>
            </AnswerCard>
          )}
        </div>
        <FeatureRows
          title={t('list.label')}
          features={(parts.footprint?.features.features ?? []).filter(({ id }) => id !== 'footprint')}
          note={({ result }) => (typeof result.size === 'number' ? (result.unit === 'm' ? distanceText(result.size) : areaText(result.size)) : '')}
        />
      </>
    );
  },
};
