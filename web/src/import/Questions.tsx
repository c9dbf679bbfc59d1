// At most three questions in plain words. Our guess is chosen; choosing another answer reads the file anew at once.
import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { Icon } from '../ui/Icon';
import { optionsOf } from './fieldOptions';
import { answersOfChoice, isAnswered, shownQuestions, type ImportDocument, type ImportQuestion } from './importDocument';
import { giveAnswer, questions } from './importSession';
import { choiceText, missingField, questionText, reasonText, targetName } from './importTexts';
import { PlacesMap } from './PlacesMap';

export function Questions({ now }: { now: ImportDocument }) {
  const shown = shownQuestions(questions.value, now.answers);
  return (
    <section class="questions" aria-labelledby="questions-title">
      <h2 id="questions-title" tabIndex={-1}>
        {t('bring.questions', { count: shown.length })}
      </h2>
      {shown.length > 0 && <p class="note">{t('bring.guess')}</p>}
      {shown.map((one) => (
        <Question key={one.id} one={one} now={now} />
      ))}
    </section>
  );
}

function Question({ one, now }: { one: ImportQuestion; now: ImportDocument }) {
  const { text, lang } = questionText(one, now.into);
  const open = one.chosen === null && !isAnswered(one, now.answers);
  return (
    <fieldset class="question" data-question={one.id}>
      <legend>
        <QuestionNumber number={one.number} />
        <span lang={lang}>{text}</span>
      </legend>
      {one.choices.length > MAX_RADIOS ? <ChoiceList one={one} now={now} /> : <Choices one={one} now={now} />}
      {missingField(one) && !one.choices.length && <Constants one={one} now={now} />}
      {one.id === 'crs' && <OtherSystem />}
      {open && <p class="fault">{t('bring.pleaseChoose')}</p>}
      <p class="note">{[reasonText(one), one.cells > 0 && t('bring.cells', { count: one.cells })].filter(Boolean).join(' ')}</p>
      {one.id === 'crs' && <SystemPicture now={now} />}
    </fieldset>
  );
}

/** More choices than these are a list. */
const MAX_RADIOS = 5;

function Choices({ one, now }: { one: ImportQuestion; now: ImportDocument }) {
  return (
    <>
      {one.choices.map((choice, i) => {
        const { text, lang } = choiceText(choice, one, now.into);
        return (
          <label class="choice" key={choice.id}>
            <input type="radio" name={`question-${one.id}`} checked={one.chosen === i} onChange={() => void giveAnswer(answersOfChoice(one, choice))} />
            <span lang={lang}>{text}</span>
          </label>
        );
      })}
    </>
  );
}

function ChoiceList({ one, now }: { one: ImportQuestion; now: ImportDocument }) {
  const choose = (at: string) => {
    const choice = one.choices[Number(at)];
    if (at && choice) void giveAnswer(answersOfChoice(one, choice));
  };
  return (
    <span class="select full">
      <select aria-label={questionText(one, now.into).text} value={one.chosen ?? ''} onChange={(event) => choose(event.currentTarget.value)}>
        {one.chosen === null && <option value="">{t('bring.choose')}</option>}
        {one.choices.map((choice, i) => {
          const { text, lang } = choiceText(choice, one, now.into);
          return (
            <option key={choice.id} value={i} lang={lang}>
              {text}
            </option>
          );
        })}
      </select>
      <Icon name="down" />
    </span>
  );
}

/** The number by which the table marks the cells that a question is about. */
export function QuestionNumber({ number }: { number: number }): ComponentChildren {
  return <b class="question-number">{number}</b>;
}

/** The places of the file, read with the chosen reference system. */
function SystemPicture({ now }: { now: ImportDocument }) {
  const points = (now.preview?.rows ?? []).flatMap(({ place }) => (place ? [place] : []));
  if (!points.length) return null;
  const features = points.map((coordinates) => ({ type: 'Feature' as const, properties: {}, geometry: { type: 'Point' as const, coordinates } }));
  return <PlacesMap class="system-picture" places={{ type: 'FeatureCollection', features }} label={t('question.crsPicture')} still />;
}

/** A reference system that is not among the choices. */
function OtherSystem() {
  const [code, setCode] = useState('');
  const [wrong, setWrong] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    const digits = /^\s*(?:epsg\s*:\s*)?(\d{4,6})\s*$/i.exec(code)?.[1];
    setWrong(!digits);
    if (digits) void giveAnswer({ crs: `EPSG:${digits}` });
  };
  return (
    <details class="other-system">
      <summary>{t('question.crsOther')}</summary>
      <form onSubmit={submit}>
        <label for="crs-code">{t('question.crsCode')}</label>
        <span class="pair">
          <input
            id="crs-code"
            class="input"
            value={code}
            spellcheck={false}
            aria-invalid={wrong}
            aria-describedby={wrong ? 'crs-wrong' : undefined}
            onInput={(event) => setCode(event.currentTarget.value)}
          />
          <button type="submit" class="button">
            {t('bring.apply')}
          </button>
        </span>
        {wrong && (
          <p class="fault" id="crs-wrong" role="alert">
            {t('question.crsWrong')}
          </p>
        )}
      </form>
    </details>
  );
}

/** Fields that no column has, with one value for all rows. */
function Constants({ one, now }: { one: ImportQuestion; now: ImportDocument }) {
  const fields = Array.isArray(one.parameters?.fields) ? one.parameters.fields.map(String) : [];
  const set = (now.answers.set ?? {}) as Record<string, string>;
  return (
    <>
      {fields.map((name) => (
        <ConstantField key={name} name={name} into={now.into} value={set[name] ?? ''} />
      ))}
    </>
  );
}

function ConstantField({ name, into, value }: { name: string; into: string; value: string }) {
  const id = `constant-${name}`;
  const options = optionsOf(name, into);
  const change = (text: string) => void giveAnswer({ set: { [name]: text || null } });
  return (
    <div class="field constant">
      <label for={id}>{targetName(name, into)}</label>
      {options ? (
        <span class="select full">
          <select id={id} value={value} onChange={(event) => change(event.currentTarget.value)}>
            <option value="">{t('bring.choose')}</option>
            {options.map(([code, label]) => (
              <option key={code} value={code}>
                {label}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </span>
      ) : (
        <input id={id} class="input" value={value} onChange={(event) => change(event.currentTarget.value.trim())} />
      )}
    </div>
  );
}
