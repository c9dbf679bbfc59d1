// Ground: what is too far from something, what lacks something nearby, and how much is covered, nothing twice.
import { number } from '../../format';
import { t } from '../../i18n';
import { numberOf } from '../processResult';
import { placeTitle } from '../queryPlace';
import type { QuestionView } from '../questionView';
import { amount, option } from '../processRequests';
import { Rows } from '../FeatureRows';
import { area, distance, kindName, perCent, presetName } from '../answerText';
import { Card, notCounted, sentenceOf, figureOf } from './answerParts';

export const gaps: QuestionView = {
  title: ({ asked }) => placeTitle(asked),
  sentence: ({ asked, parts }) =>
    t('gaps.sentence', {
      share: perCent(figureOf(parts.gaps, 'gap_share')),
      distance: distance(amount(asked, 'gap')),
      what: kindName(option(asked, 'missing')),
    }),
  body: ({ asked, parts }) => {
    const share = numberOf(parts.gaps, 'gap_share');
    const people = numberOf(parts.gaps, 'residents');
    return (
      <>
        <div class="cards">
          <Card value={perCent(share?.value ?? 0)}>
            <span>{t('gaps.share', { part: area(share?.numerator ?? 0), whole: area(share?.denominator ?? 0) })}</span>
          </Card>
          <Card value={number(figureOf(parts.gaps, 'features'))}>
            <span>{t('gaps.served', { what: kindName(option(asked, 'missing')) })}</span>
          </Card>
          {typeof people?.value === 'number' && (
            <Card value={number(people.value)}>
              <span>{t('gaps.people', { count: people.denominator ?? 0 })}</span>
            </Card>
          )}
        </div>
        <p class="note">{t('gaps.shaded')}</p>
      </>
    );
  },
};

export const without: QuestionView = {
  title: ({ asked }) => placeTitle(asked),
  sentence: ({ asked, parts }) => {
    const share = numberOf(parts.without, 'share');
    return sentenceOf([
      t('without.sentence', {
        count: figureOf(parts.without, 'features'),
        of: share?.denominator ?? 0,
        distance: distance(amount(asked, 'distance')),
        what: kindName(option(asked, 'having')),
      }),
      parts.without && notCounted([parts.without], asked),
    ]);
  },
  body: ({ asked, parts }) => {
    const share = numberOf(parts.without, 'share');
    return (
      <>
        <div class="cards">
          <Card value={typeof share?.value === 'number' ? perCent(share.value) : '–'}>
            <span>{t('without.share', { count: share?.numerator ?? 0, of: share?.denominator ?? 0 })}</span>
          </Card>
          <Card value={number(figureOf(parts.without, 'others'))}>
            <span>{kindName(option(asked, 'having'))}</span>
          </Card>
        </div>
        <Rows title={kindName(option(asked, 'what'))} features={parts.without?.features.features ?? []} />
      </>
    );
  },
};

export const footprint: QuestionView = {
  title: ({ asked }) => placeTitle(asked),
  sentence: ({ asked, parts }) => sentenceOf([presetName(option(asked, 'preset')), parts.footprint && notCounted([parts.footprint], asked)]),
  body: ({ asked, parts }) => {
    const preset = option(asked, 'preset');
    const main = numberOf(parts.footprint, preset);
    const twice = figureOf(parts.footprint, 'area_overlapping') || figureOf(parts.footprint, 'length_overlapping');
    const said = { m2: area, ha: (value: number) => area(value * 10_000), km: (value: number) => distance(value * 1000) }[main?.unit ?? ''];
    const size = main?.unit === 'km' ? distance : area;
    return (
      <>
        <div class="cards">
          <Card value={typeof main?.value === 'number' ? (said ?? number)(main.value) : '–'}>
            <span>{preset}</span>
            <span>{t('card.done', { count: main?.ids?.length ?? 0 })}</span>
          </Card>
          {twice > 0 && (
            <Card value={size(twice)}>
              <span>{t('foot.once')}</span>
            </Card>
          )}
        </div>
        <Rows
          title={t('list.label')}
          features={(parts.footprint?.features.features ?? []).filter(({ id }) => id !== 'footprint')}
          note={({ result }) => (typeof result.size === 'number' ? (result.unit === 'm' ? distance(result.size) : area(result.size)) : '')}
        />
      </>
    );
  },
};
