// A button that opens the browser's file dialog. The file goes to the import assistant.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { bringIn, entryFocus } from './importEntry';

/** Endings by which file dialogs filter; the service looks at the content. */
const ACCEPTED = '.xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt,.geojson,.json,.gpkg,.shp,.zip,.gz,.kml,.kmz,.gpx,.fgb,.parquet,.gml,.xml,.dxf,.dwg';

interface FilePickerProps {
  name: string;
  /** Of the button in the toolbar, to which the focus returns when the assistant closes. */
  id?: string;
  /** The collection that the file goes into. */
  into?: string;
  class?: string;
}

export function FilePicker({ name, id, into, class: look = 'link' }: FilePickerProps) {
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (!id || !entryFocus.peek()) return;
    entryFocus.value = false;
    button.current?.focus();
  }, []);
  return (
    <>
      <button ref={button} type="button" class={look} id={id} onClick={() => input.current?.click()}>
        {name}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept={ACCEPTED}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          currentTarget.value = ''; // the same file can be chosen again
          if (file) bringIn(file, into);
        }}
      />
    </>
  );
}
