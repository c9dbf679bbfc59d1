// The header: logo, city, search, language, theme. All native controls.
import { language, languages, nameOfLanguage, t } from '../i18n';
import { cityName, filter, foundInterventions, selectCity, plan, printing, setLanguage, setSearchText, setTheme, themeChoice } from '../state';
import { matchingInterventions } from '../plan';
import { AccountButton } from './Account';
import { Icon } from './Icon';
import { ShareMenu } from './Share';

/** With a title the plan does not show: there is nothing to search, share or print. */
export function PageHeader({ title }: { title?: string }) {
  return (
    <header class="bar">
      <a class="mark" href="./" aria-label={t('app.home')}>
        <svg viewBox="0 0 16 16" width="20" height="20" aria-hidden="true">
          <path d="M8 .8L15.2 8L8 15.2L.8 8z" />
        </svg>
        <span>{t('app.title')}</span>
      </a>
      <CityChooser />
      {title ? (
        <h1 id="page-title">{title}</h1>
      ) : (
        <>
          <SearchField />
          <div class="grow" />
          <ShareMenu />
          <button type="button" class="button plain print" onClick={() => (printing.value = true)}>
            <Icon name="print" />
            <span>{t('print.open')}</span>
          </button>
        </>
      )}
      <LanguageMenu />
      <ThemeMenu />
      <AccountButton />
    </header>
  );
}

function CityChooser() {
  const all = plan.value ? matchingInterventions(plan.value, { ...filter.value, city: '' }) : [];
  const counts = new Map<string, number>();
  for (const { city } of all) counts.set(city, (counts.get(city) ?? 0) + 1);
  return (
    <label class="select city-chooser">
      <span class="unseen">{t('city.choose')}</span>
      <select id="city" value={filter.value.city} onChange={(event) => selectCity(event.currentTarget.value)} disabled={!plan.value}>
        <option value="">{t('city.all')}</option>
        {plan.value?.partners.map((partner) => (
          <optgroup key={partner.id} label={partner.name}>
            {partner.cities.map((city) => (
              <option key={city.id} value={city.id}>
                {t('city.withCount', { city: cityName(city), count: counts.get(city.id) ?? 0 })}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <Icon name="down" />
    </label>
  );
}

function SearchField() {
  const text = filter.value.text;
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (foundInterventions.value.length) document.querySelector<HTMLElement>('.rows .row')?.focus();
      }}
    >
      <Icon name="search" />
      <label class="unseen" for="search">
        {t('search.label')}
      </label>
      <input
        id="search"
        type="search"
        value={text}
        placeholder={t('search.placeholder')}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setSearchText(event.currentTarget.value)}
      />
      {text && (
        <button type="button" class="clear" aria-label={t('search.clear')} onClick={() => setSearchText('')}>
          <Icon name="close" />
        </button>
      )}
    </form>
  );
}

function LanguageMenu() {
  return (
    <label class="select short language">
      <span class="unseen">{t('language.choose')}</span>
      <span class="shown" aria-hidden="true">
        {language.value.toUpperCase()}
      </span>
      <Icon name="down" />
      <select id="language" value={language.value} onChange={(event) => setLanguage(event.currentTarget.value)}>
        {languages.map((code) => (
          <option key={code} value={code} lang={code}>
            {nameOfLanguage(code)}
          </option>
        ))}
      </select>
    </label>
  );
}

function ThemeMenu() {
  return (
    <label class="select short theme">
      <span class="unseen">{t('theme.choose')}</span>
      <Icon name={themeChoice.value} />
      <select id="theme" value={themeChoice.value} onChange={(event) => setTheme(event.currentTarget.value as typeof themeChoice.value)}>
        <option value="system">{t('theme.system')}</option>
        <option value="light">{t('theme.light')}</option>
        <option value="dark">{t('theme.dark')}</option>
      </select>
    </label>
  );
}
