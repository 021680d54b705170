// A dashboard, drawn by Grafana's own components: its JSON, and what its queries were answered, are in the page.
import {
  createTheme,
  dateTime,
  FieldType,
  getDisplayProcessor,
  LoadingState,
  standardTransformers,
  standardTransformersRegistry,
  toDataFrame,
  transformDataFrame,
} from '@grafana/data';
import {
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  GlobalStyles,
  PanelChrome,
  ThemeContext,
  TimeSeries,
} from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import '@fontsource/inter/latin-400.css';
import '@fontsource/inter/latin-500.css';
import { createRoot } from 'react-dom/client';
import infoCircle from './node_modules/@grafana/ui/dist/public/img/icons/unicons/info-circle.svg';

const { board, recorded, width, top } = window.picture;
const dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
// The only icon that these panels fetch: that of a description.
window.fetch = async () => new Response(infoCircle, { headers: { 'Content-Type': 'image/svg+xml' } });
const theme = createTheme({ colors: { mode: dark ? 'dark' : 'light' } });
const zone = 'utc';
const range = { from: dateTime(recorded.start * 1000), to: dateTime(recorded.end * 1000), raw: { from: 'now-25m', to: 'now' } };
const times = Array.from({ length: (recorded.end - recorded.start) / recorded.step + 1 }, (_, i) => (recorded.start + i * recorded.step) * 1000);
// Grafana's grid: 24 columns, and rows of 30 pixels with 8 between them.
const GAP = 8;
const COLUMN = (width - GAP) / 24;
const ROW = 38;

// The transformations that our dashboards use, as Grafana itself has them.
standardTransformersRegistry.setInit(() =>
  [standardTransformers.organizeFieldsTransformer].map((transformation) => ({ id: transformation.id, name: transformation.name, transformation }))
);

function transformed(panel, frames) {
  let made;
  transformDataFrame(panel.transformations ?? [], frames).subscribe((result) => { made = result; });
  return made;
}

const named = (legend, labels) =>
  legend.replace(/\{\{\s*([^}\s]+)\s*\}\}/g, (_, name) => labels[name] ?? '').trim();

function shown(panel, frames) {
  let index = 0;
  for (const frame of frames) {
    for (const field of frame.fields) {
      const { custom, ...defaults } = panel.fieldConfig.defaults;
      field.config = field.type === FieldType.number ? { ...defaults, custom, ...field.config } : { custom: {}, ...field.config };
      field.state = { ...field.state, seriesIndex: field.type === FieldType.number ? index++ : 0 };
      field.display = getDisplayProcessor({ field, theme, timeZone: zone });
    }
  }
  return frames;
}

function series(panel) {
  return panel.targets.flatMap((target) =>
    recorded.over_time[target.expr].map(({ labels, values }) =>
      toDataFrame({
        refId: target.refId,
        fields: [
          { name: 'Time', type: FieldType.time, values: times },
          { name: 'Value', type: FieldType.number, labels, values, config: { displayName: named(target.legendFormat, labels) } },
        ],
      })
    )
  );
}

function rows(panel) {
  const found = recorded.now[panel.targets[0].expr];
  const names = Object.keys(found[0].labels).sort();
  return toDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: found.map(() => recorded.end * 1000) },
      ...names.map((name) => ({ name, type: FieldType.string, values: found.map((one) => one.labels[name]) })),
      { name: 'Value', type: FieldType.number, values: found.map((one) => one.value) },
    ],
  });
}

const PANELS = {
  timeseries: (panel, w, h) => (
    <TimeSeries frames={shown(panel, series(panel))} structureRev={1} timeRange={range} timeZone={zone} width={w} height={h}
      legend={panel.options.legend} options={panel.options} />
  ),
  stat: (panel, w, h) => {
    const { value } = recorded.now[panel.targets[0].expr][0];
    const [frame] = shown(panel, [toDataFrame({ fields: [{ name: 'Value', type: FieldType.number, values: [value] }] })]);
    return <BigValue theme={theme} width={w} height={h} value={frame.fields[0].display(value)}
      colorMode={BigValueColorMode.Value} graphMode={BigValueGraphMode.None} />;
  },
  table: (panel, w, h) => <TableNG data={shown(panel, transformed(panel, [rows(panel)]))[0]} width={w} height={h} />,
};

function Panel({ panel }) {
  const { x, y, w, h } = panel.gridPos;
  const place = { position: 'absolute', left: GAP + x * COLUMN, top: (y - top) * ROW, width: w * COLUMN - GAP, height: h * ROW - GAP };
  if (panel.type === 'row') {
    return <h6 style={{ ...place, margin: 0, paddingTop: 6 }}>{panel.title}</h6>;
  }
  return (
    <div style={place}>
      <PanelChrome title={panel.title} description={panel.description} width={place.width} height={place.height}
        loadingState={LoadingState.Done}>
        {(w, h) => PANELS[panel.type](panel, w, h)}
      </PanelChrome>
    </div>
  );
}

createRoot(document.getElementById('board')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <h4 style={{ position: 'absolute', left: GAP, top: 8, margin: 0 }}>{board.title}</h4>
    <div style={{ position: 'absolute', left: 0, right: 0, top: 44 }}>
      {board.panels.map((panel) => <Panel key={panel.id} panel={panel} />)}
    </div>
  </ThemeContext.Provider>
);
