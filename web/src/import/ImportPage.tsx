// The import assistant: the file and its questions, its table, what saving would do. It takes the place of the plan.
// Nothing is saved before the last button.
import { effect, untracked, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import '../edit.css';
import './import.css';
import { mapCredits } from '../baseMap';
import { formatPercent } from '../format';
import { t, type MessageKey } from '../i18n';
import { closeImport, importRequest } from '../edit/importEntry';
import { FilePicker } from '../edit/FilePicker';
import { Icon } from '../ui/Icon';
import { FileFacts, FileNotes, formatBytes } from './FileFacts';
import type { RequestFailure } from './importRequests';
import type { ImportDocument } from './importDocument';
import {
  blocking,
  imported,
  importFailure,
  leaveImport,
  pendingAnswers,
  removeMissing,
  saveImport,
  saving,
  sendAgain,
  startImport,
  upload,
} from './importSession';
import { Outcome } from './Outcome';
import { PreviewTable } from './PreviewTable';
import { Questions } from './Questions';

export { messagesLoaded } from './messages';

const BUSY_MS = 300;

export function ImportPage() {
  const page = useRef<HTMLElement>(null);
  useEffect(() => {
    const follow = effect(() => {
      const request = importRequest.value;
      if (request) void untracked(() => startImport(request));
    });
    const guard = (event: BeforeUnloadEvent) => imported.value && event.preventDefault();
    addEventListener('beforeunload', guard);
    return () => {
      removeEventListener('beforeunload', guard);
      follow();
      leaveImport();
    };
  }, []);
  const now = imported.value;
  // What had the focus may have gone with the step before.
  useLayoutEffect(() => {
    if (!page.current?.contains(document.activeElement) || document.activeElement === page.current) page.current?.focus({ preventScroll: true });
  }, [now?.id, upload.value === null]);
  return (
    <main class="import" id="import" ref={page} tabIndex={-1} aria-labelledby="page-title">
      {now ? <OpenImport now={now} /> : <BeforeImport />}
      <CommitBar now={now} />
    </main>
  );
}

/** The upload, or why there is nothing to show. */
function BeforeImport() {
  return (
    <div class="before-import">
      {importFailure.value ? (
        <>
          <h2>{t('bring.notRead')}</h2>
          <FailureText failure={importFailure.value} />
          <p class="file-ways">
            {importFailure.value.kind !== 'refused' && (
              <button type="button" class="button" onClick={sendAgain}>
                {t('bring.sendAgain')}
              </button>
            )}
            <FilePicker name={t('bring.other')} into={importRequest.value?.into} class="button" />
          </p>
        </>
      ) : (
        <UploadView />
      )}
    </div>
  );
}

function UploadView() {
  const request = importRequest.value;
  const now = upload.value;
  if (!request || !now) return null;
  const done = now.sent >= now.total;
  return (
    <div class="uploading">
      <Icon name="file" />
      <div>
        <h2>{t(done ? 'bring.reading' : 'bring.sending', { file: request.file.name })}</h2>
        <progress aria-label={t('bring.progress')} max={Math.max(1, now.total)} value={Math.max(done ? 1 : 0, now.sent)} />
        <p class="note">
          {done
            ? formatBytes(now.total)
            : t('bring.sent', { sent: formatBytes(now.sent), total: formatBytes(now.total), percent: formatPercent(now.total ? now.sent / now.total : 1) })}
        </p>
        <p class="note">{t('bring.whereRead')}</p>
      </div>
    </div>
  );
}

function OpenImport({ now }: { now: ImportDocument }) {
  const busy = useBusy(pendingAnswers.value > 0);
  return (
    <>
      <div class="import-side">
        <FileFacts now={now} />
        <Questions now={now} />
        <FileNotes now={now} />
      </div>
      <div class={busy ? 'import-body busy' : 'import-body'} aria-busy={pendingAnswers.value > 0}>
        {importFailure.value && (
          <div class="import-failure" role="alert">
            <FailureText failure={importFailure.value} />
            {importFailure.value.kind === 'forgotten' && (
              <button type="button" class="button" onClick={sendAgain}>
                {t('bring.sendAgain')}
              </button>
            )}
          </div>
        )}
        <PreviewTable now={now} key={`${now.id} ${now.tables[0]?.sheet}`} />
        <Outcome now={now} />
      </div>
    </>
  );
}

/** True once something has lasted for a while. */
function useBusy(pending: boolean): boolean {
  const busy = useSignal(false);
  useEffect(() => {
    const timer = pending ? setTimeout(() => (busy.value = true), BUSY_MS) : 0;
    if (!pending) busy.value = false;
    return () => clearTimeout(timer);
  }, [pending]);
  return busy.value;
}

const FAILURES: Record<Exclude<RequestFailure['kind'], 'refused' | 'cancelled'>, MessageKey> = {
  unreachable: 'bring.unreachable',
  'signed-out': 'bring.signIn',
  forgotten: 'bring.forgotten',
  conflict: 'bring.conflict',
  outdated: 'bring.outdated',
};

/** The reason in the person's language, or the service's own sentence, which is English. */
function FailureText({ failure: { kind, sentence } }: { failure: RequestFailure }) {
  const own = kind === 'refused' || kind === 'cancelled' ? '' : t(FAILURES[kind]);
  return (
    <>
      {own && <p>{own}</p>}
      {sentence && (!own || kind === 'conflict') && <p lang="en">{sentence}</p>}
    </>
  );
}

function CommitBar({ now }: { now: ImportDocument | null }) {
  const outcome = now?.outcome;
  const removed = outcome && removeMissing.value ? outcome.missing : 0;
  const useful = outcome !== null && outcome !== undefined && outcome.changed + outcome.new + removed > 0;
  const ready = useful && !blocking.value && !saving.value;
  return (
    <div class="commit-bar" role="group" aria-label={t('save.label')}>
      <div class="commit-text">
        <p>
          <b>{t('save.nothing')}</b> {now && <span class="muted">{restText(now)}</span>}
        </p>
        {now && <p class="note">{mapCredits.value.map(({ text }) => text).join(' · ')}</p>}
      </div>
      <button type="button" class="button" id="import-cancel" onClick={() => closeImport()}>
        {t('save.cancel')}
      </button>
      {now && (
        <button type="button" class="button primary" id="import-save" aria-disabled={!ready} onClick={() => ready && void saveImport()}>
          <Icon name="tick" />
          {t(saving.value ? 'bring.saving' : 'save.button')}
        </button>
      )}
    </div>
  );
}

/** What saving leaves out, or why nothing can be saved. */
function restText({ outcome, preview }: ImportDocument): string {
  if (blocking.value) return t('save.blocked', { number: blocking.value.number });
  if (!outcome?.refused) return '';
  return t('save.rest', { count: outcome.refused, rest: Math.max(0, (preview?.total ?? 0) - outcome.refused) });
}
