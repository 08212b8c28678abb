// The PromQL box: CodeMirror with completion from the server. It lives in a shadow root, where CodeMirror uses constructed style sheets, so no style tag offends the content policy.
import { autocompletion, closeBrackets, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { HighlightStyle, bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { basePath } from '#ui/load/base-path.ts';

const LOOK = EditorView.theme({
  '&': { font: 'var(--type-mono-12)', color: 'var(--text)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { fontFamily: 'var(--mono)', padding: '6px 0', caretColor: 'var(--text)', lineHeight: '20px' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-line': { padding: '0 11px' },
  '.cm-placeholder': { color: 'var(--dim)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--panel)',
    border: '1px solid var(--line-strong)',
    borderRadius: '8px',
    color: 'var(--text)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '260px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-bg)',
    color: 'var(--text)',
  },
  '.cm-completionDetail': { color: 'var(--dim)', fontStyle: 'normal' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--accent-bg)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-bg)' },
});
const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier], color: 'var(--accent)' },
  { tag: [tags.string], color: 'var(--ok)' },
  { tag: [tags.number], color: 'var(--warn)' },
  { tag: [tags.labelName], color: 'var(--dim)' },
  { tag: [tags.comment], color: 'var(--dim)' },
]);

interface Props {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onRun: (text: string) => void;
}

export function PromqlEditor({ value, onChange, onRun }: Props): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, onRun, value });
  useEffect(() => {
    latest.current = { onChange, onRun, value };
  });
  useEffect(() => {
    if (!host.current) return undefined;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const promql = new PromQLExtension().setComplete({
      remote: {
        url: window.location.origin + basePath(),
        httpMethod: 'GET',
        lookbackInterval: 3_600_000,
        httpErrorHandler: () => undefined,
      },
    });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          LOOK,
          syntaxHighlighting(COLOURS),
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          promql.asExtension(),
          EditorView.lineWrapping,
          placeholder('PromQL, for example: sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))'),
          EditorView.contentAttributes.of({ 'aria-label': 'PromQL query' }),
          Prec.highest(
            keymap.of([
              {
                key: 'Mod-Enter',
                run: (v) => {
                  latest.current.onRun(v.state.doc.toString());
                  return true;
                },
              },
            ]),
          ),
          keymap.of([
            ...completionKeymap,
            {
              key: 'Enter',
              run: (v) => {
                latest.current.onRun(v.state.doc.toString());
                return true;
              },
            },
            { key: 'Shift-Enter', run: () => false },
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
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={host} data-testid="promql" />;
}
