// A button that opens the browser's file dialog. The file goes to the import assistant.
import { useRef } from 'preact/hooks';
import { bringIn } from './importEntry';

/** Endings by which file dialogs filter; the service looks at the content. */
const ACCEPTED = '.xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt,.geojson,.json,.gpkg,.shp,.zip,.gz,.kml,.kmz,.gpx,.fgb,.parquet,.gml,.xml,.dxf,.dwg';

interface FilePickerProps {
  name: string;
  id?: string;
  /** The collection that the file goes into. */
  into?: string;
  class?: string;
}

export function FilePicker({ name, id, into, class: look = 'link' }: FilePickerProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={look} id={id} onClick={() => input.current?.click()}>
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
