// Around a place: what lies within so many metres, and what can be reached on foot.
import { number } from '../../format';
import { t } from '../../i18n';
import { numberOf, type ResultFeature } from '../processResult';
import type { QuestionView } from '../questionView';
import { amount, option } from '../processRequests';
import { Rows } from '../FeatureRows';
import { area, distance, kindName, minutes } from '../answerText';
import { Card, notCounted, sentenceOf, figureOf } from './answerParts';

const isMade = ({ id }: ResultFeature) => String(id).startsWith('reach');

export const nearby: QuestionView = {
  title: ({ asked }) => t('near.title', { distance: distance(amount(asked, 'radius')) }),
  sentence: ({ asked, parts }) => {
    const nearest = numberOf(parts.nearby, 'nearest');
    return sentenceOf([
      t('near.found', { count: figureOf(parts.nearby, 'features'), what: kindName(option(asked, 'what')) }),
      typeof nearest?.value === 'number' && t('near.nearest', { distance: distance(nearest.value) }),
      parts.nearby && notCounted([parts.nearby], asked),
    ]);
  },
  body: ({ asked, parts }) => (
    <Rows title={kindName(option(asked, 'what'))} features={parts.nearby?.features.features ?? []} note={({ result }) => distance(Number(result.distance_m))} />
  ),
};

export const reach: QuestionView = {
  title: ({ asked }) => t('reach.title', { minutes: minutes(amount(asked, 'minutes')) }),
  sentence: ({ asked, parts }) =>
    sentenceOf([t('near.found', { count: figureOf(parts.reach, 'reached'), what: kindName(option(asked, 'reached')) }), area(figureOf(parts.reach, 'area'))]),
  body: ({ asked, parts }) => {
    const features = parts.reach?.features.features ?? [];
    const straight = features.some((one) => isMade(one) && one.result.way === 'straight');
    const compared = numberOf(parts.reach, 'area_before') !== undefined;
    const network = numberOf(parts.reach, 'network_length');
    return (
      <>
        {straight && <p class="caution">{t('reach.straight')}</p>}
        <div class="cards">
          <Card value={number(figureOf(parts.reach, 'reached'))}>
            <span>{kindName(option(asked, 'reached'))}</span>
            {compared && <span>{t('reach.was', { value: number(figureOf(parts.reach, 'reached_before')) })}</span>}
          </Card>
          <Card value={area(figureOf(parts.reach, 'area'))}>
            <span>{t('reach.area')}</span>
            {compared && <span>{t('reach.was', { value: area(figureOf(parts.reach, 'area_before')) })}</span>}
          </Card>
          {!straight && network?.value ? (
            <Card value={distance(network.value)}>
              <span>{t('reach.network')}</span>
            </Card>
          ) : null}
          {compared && (
            <>
              <Card value={`+${number(figureOf(parts.reach, 'gained'))}`}>
                <span>{t('reach.gained')}</span>
              </Card>
              <Card value={`−${number(figureOf(parts.reach, 'lost'))}`}>
                <span>{t('reach.lost')}</span>
              </Card>
            </>
          )}
        </div>
        <Rows
          title={kindName(option(asked, 'reached'))}
          features={features.filter((one) => !isMade(one))}
          note={({ result }) =>
            sentenceOf([typeof result.minutes === 'number' && minutes(result.minutes), typeof result.distance_m === 'number' && distance(result.distance_m)])
          }
        />
      </>
    );
  },
};
