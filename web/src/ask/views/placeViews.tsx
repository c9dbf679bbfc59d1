// Views of questions around a place: what lies within a distance, and what can be reached on foot.
import { formatNumber } from '../../format';
import { t } from '../../i18n';
import { findNumber, type ResultFeature } from '../processResult';
import type { QuestionView } from '../questionView';
import { optionNumber, optionOf } from '../processRequests';
import { FeatureRows } from '../FeatureRows';
import { areaText, distanceText, searchedName, minutesText } from '../answerText';
import { AnswerCard, leftOutText, joinSentences, numberValue } from './answerParts';

const isComputed = ({ id }: ResultFeature) => String(id).startsWith('reach');

export const nearbyView: QuestionView = {
  title: ({ query }) => t('near.title', { distance: distanceText(optionNumber(query, 'radius')) }),
  sentence: ({ query, parts }) => {
    const nearest = findNumber(parts.nearby, 'nearest');
    return joinSentences([
      t('near.found', { count: numberValue(parts.nearby, 'features'), what: searchedName(optionOf(query, 'what')) }),
      typeof nearest?.value === 'number' && t('near.nearest', { distance: distanceText(nearest.value) }),
      parts.nearby && leftOutText([parts.nearby], query),
    ]);
  },
  body: ({ query, parts }) => (
    <FeatureRows
      title={searchedName(optionOf(query, 'what'))}
      features={parts.nearby?.features.features ?? []}
      note={({ result }) => distanceText(Number(result.distance_m))}
    />
  ),
};

export const reachView: QuestionView = {
  title: ({ query }) => t('reach.title', { minutes: minutesText(optionNumber(query, 'minutes')) }),
  sentence: ({ query, parts }) =>
    joinSentences([
      t('near.found', { count: numberValue(parts.reach, 'reached'), what: searchedName(optionOf(query, 'reached')) }),
      areaText(numberValue(parts.reach, 'area')),
    ]),
  body: ({ query, parts }) => {
    const features = parts.reach?.features.features ?? [];
    const straight = features.some((one) => isComputed(one) && one.result.way === 'straight');
    const compared = findNumber(parts.reach, 'area_before') !== undefined;
    const network = findNumber(parts.reach, 'network_length');
    return (
      <>
        {straight && <p class="caution">{t('reach.straight')}</p>}
        <div class="cards">
          <AnswerCard value={formatNumber(numberValue(parts.reach, 'reached'))}>
            <span>{searchedName(optionOf(query, 'reached'))}</span>
            {compared && <span>{t('reach.was', { value: formatNumber(numberValue(parts.reach, 'reached_before')) })}</span>}
          </AnswerCard>
          <AnswerCard value={areaText(numberValue(parts.reach, 'area'))}>
            <span>{t('reach.area')}</span>
            {compared && <span>{t('reach.was', { value: areaText(numberValue(parts.reach, 'area_before')) })}</span>}
          </AnswerCard>
          {!straight && network?.value ? (
            <AnswerCard value={distanceText(network.value)}>
              <span>{t('reach.network')}</span>
            </AnswerCard>
          ) : null}
          {compared && (
            <>
              <AnswerCard value={`+${formatNumber(numberValue(parts.reach, 'gained'))}`}>
                <span>{t('reach.gained')}</span>
              </AnswerCard>
              <AnswerCard value={`−${formatNumber(numberValue(parts.reach, 'lost'))}`}>
                <span>{t('reach.lost')}</span>
              </AnswerCard>
            </>
          )}
        </div>
        <FeatureRows
          title={searchedName(optionOf(query, 'reached'))}
          features={features.filter((one) => !isComputed(one))}
          note={({ result }) =>
            joinSentences([
              typeof result.minutes === 'number' && minutesText(result.minutes),
              typeof result.distance_m === 'number' && distanceText(result.distance_m),
            ])
          }
        />
      </>
    );
  },
};
