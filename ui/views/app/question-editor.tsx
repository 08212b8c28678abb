// The search box as an editor: completion of keys and values, mistakes underlined. Like the PromQL box it lives in a shadow root, where CodeMirror
// uses constructed style sheets, so that no style tag offends the content policy.
import { autocompletion, closeBrackets, closeCompletion, completionKeymap } from '@codemirror/autocomplete';
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { linter } from '@codemirror/lint';
import type { Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useLayoutEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { hintsOn } from '#proto/search/hints.ts';
import { SearchMistake } from '#proto/search/mistake.ts';
import { parseSearch } from '#proto/search/parse.ts';
import { traceAddress } from '#proto/search/trace-address.ts';
import { ask } from '#ui/load/api.ts';
import { shortCount } from '#ui/shape/format.ts';
import { knownKeys, knownValues, placeAt } from '#ui/state/completion.ts';
import type { Place, Suggested } from '#ui/state/completion.ts';

const LOOK = EditorView.theme({
  '&': { font: 'var(--type-mono-12)', color: 'var(--text)', backgroundColor: 'transparent', width: '100%' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { overflow: 'hidden' },
  '.cm-content': { fontFamily: 'var(--mono)', padding: '4px 0', caretColor: 'var(--text)', lineHeight: '20px' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-line': { padding: '0' },
  '.cm-placeholder': { color: 'var(--dim)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--panel)',
    border: '1px solid var(--line-strong)',
    borderRadius: '8px',
    color: 'var(--text)',
    maxWidth: 'min(720px, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '300px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-bg)',
    color: 'var(--text)',
  },
  '.cm-completionDetail': { color: 'var(--dim)', fontStyle: 'normal' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--accent-bg)' },
  // The editor's own underlines are images in data: addresses, which the content policy forbids.
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--error)' },
  '.cm-lintRange-info': { backgroundImage: 'none', textDecoration: 'underline dotted var(--warn)' },
  '.cm-lintPoint:after': { display: 'none' },
  '.cm-diagnostic': { borderLeftColor: 'var(--error)' },
});
const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--ok)' },
  { tag: tags.number, color: 'var(--warn)' },
  { tag: tags.operator, color: 'var(--dim)' },
]);
/** Colours only: the meaning is the parser's. */
const LANGUAGE = StreamLanguage.define({
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string';
    if (stream.match(/^(?:and|or|not|in|any|all|exists)(?=[\s(]|$)/i)) return 'keyword';
    if (stream.match(/^[=!~<>]+/)) return 'operator';
    if (stream.match(/^-?\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d)?(?=[\s),]|$)/)) return 'number';
    if (stream.match(/^[^\s()",=!~<>]+/)) return null;
    stream.next();
    return null;
  },
});
/** A pause in typing after which mistakes are underlined. */
const PAUSE_MS = 400;

function mistakesIn(text: string): readonly Diagnostic[] {
  if (traceAddress(text) !== undefined) return [];
  try {
    return hintsOn(parseSearch(text)).map(({ place, message }) => ({ ...place, severity: 'info', message }));
  } catch (error) {
    if (!(error instanceof SearchMistake)) throw error;
    const { from, to } = error.place;
    return [
      {
        from: Math.min(from, text.length),
        to: Math.max(to, Math.min(from + 1, text.length)),
        severity: 'error',
        message: error.message,
      },
    ];
  }
}

interface Time {
  readonly start: string;
  readonly end: string;
}

async function suggestionsAt(place: Place, time: Time): Promise<readonly Suggested[]> {
  const known = place.of === 'key' ? knownKeys(place.typed) : knownValues(place.key);
  if (place.of === 'value' && known !== null) return known;
  const query = { ...time, contains: place.typed, ...(place.of === 'value' && { key: place.key }) };
  // Without an answer what is known is still of use.
  const answer = await ask('suggest', query).catch(() => ({ suggestions: [] }));
  const found = answer.suggestions.map(({ text, count }) => ({ text, detail: `${shortCount(count)} spans` }));
  return [...(known ?? []), ...found];
}

function completions(timeOf: () => Time) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const place = placeAt(context.state.doc.toString(), context.pos);
    if (place === null || (place.of === 'key' && place.typed === '' && !context.explicit)) return null;
    const found = await suggestionsAt(place, timeOf());
    const options = found.map(({ text, detail }): Completion => ({ label: text, detail }));
    return { from: place.from, options, filter: false };
  };
}

interface Props {
  /** What is in the box when the editor takes its place. */
  readonly value: string;
  /** The question of the address. */
  readonly asked: string;
  readonly time: Time;
  readonly onChange: (text: string) => void;
  /** Whether it was asked: a mistake is not. */
  readonly onRun: (text: string) => boolean;
  /** Told the editor's own way to get the focus. */
  readonly onReady: (focus: () => void) => void;
}

export function QuestionEditor(props: Props): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  // Before the browser takes the next key: the box it replaces has lost the focus, and what is typed in between would be lost.
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const doc = latest.current.value;
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc,
        selection: { anchor: doc.length },
        extensions: [
          LOOK,
          LANGUAGE,
          syntaxHighlighting(COLOURS),
          history(),
          closeBrackets(),
          // Enter asks; only what was chosen with the arrows is put in by it.
          autocompletion({ selectOnOpen: false, override: [completions(() => latest.current.time)] }),
          linter((v) => mistakesIn(v.state.doc.toString()), { delay: PAUSE_MS }),
          placeholder('service=checkout status=error duration>500ms, words, or a trace id'),
          EditorView.contentAttributes.of({ 'aria-label': 'Search: conditions, words or a trace id' }),
          // One line: what is pasted over several becomes one.
          EditorView.clipboardInputFilter.of((text) => text.replaceAll(/\s*\n\s*/g, ' ')),
          EditorState.transactionFilter.of((tr) => (tr.newDoc.lines > 1 ? [] : tr)),
          keymap.of([
            ...completionKeymap,
            {
              key: 'Enter',
              run: (v) => {
                closeCompletion(v);
                if (latest.current.onRun(v.state.doc.toString())) v.contentDOM.blur();
                return true;
              },
            },
            {
              key: 'Escape',
              run: (v) => {
                v.contentDOM.blur();
                return true;
              },
            },
            ...defaultKeymap,
            ...historyKeymap,
          ]),
          EditorView.updateListener.of(
            (update) => update.docChanged && latest.current.onChange(update.state.doc.toString()),
          ),
        ],
      }),
    });
    view.current = editor;
    latest.current.onReady(() => editor.focus());
    return () => editor.destroy();
  }, []);
  // What is typed is the editor's own; only another question of the address replaces it.
  const asked = useRef(props.asked);
  useEffect(() => {
    const editor = view.current;
    if (!editor || asked.current === props.asked) return;
    asked.current = props.asked;
    if (editor.state.doc.toString() !== props.asked)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: props.asked.replaceAll('\n', ' ') } });
  }, [props.asked]);
  return <div ref={host} style={{ flex: 1, minWidth: 0 }} data-testid="question" />;
}
