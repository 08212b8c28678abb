// The box for sampling rules: CodeMirror with line numbers, keys and values in different colours. In a shadow root, as the PromQL box and for the same reason.
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, keymap, lineNumbers } from '@codemirror/view';
import type { DecorationSet } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';

const LOOK = EditorView.theme({
  '&': { font: 'var(--type-mono-12)', color: 'var(--text)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { maxHeight: '460px', overflow: 'auto', lineHeight: '20px', fontFamily: 'var(--mono)' },
  '.cm-content': { fontFamily: 'var(--mono)', padding: '8px 0', caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--dim)', border: 'none', paddingLeft: '4px' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--accent-bg)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-bg)' },
  '.cm-mistake': { backgroundColor: 'var(--error-bg)' },
});
const COLOURS = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), color: 'var(--accent)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--ok)' },
  { tag: [tags.keyword, tags.labelName, tags.typeName], color: 'var(--warn)' },
  { tag: tags.comment, color: 'var(--dim)' },
]);
const setMistakes = StateEffect.define<readonly number[]>();
const mistakes = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    const set = transaction.effects.find((effect) => effect.is(setMistakes));
    if (set === undefined) return transaction.docChanged ? Decoration.none : marks;
    const { doc } = transaction.state;
    const lines = [...new Set(set.value)].filter((line) => line >= 1 && line <= doc.lines).toSorted((a, b) => a - b);
    return Decoration.set(lines.map((line) => Decoration.line({ class: 'cm-mistake' }).range(doc.line(line).from)));
  },
  provide: (field) => EditorView.decorations.from(field),
});

interface Props {
  readonly value: string;
  readonly mistakeLines: readonly number[];
  readonly onChange: (text: string) => void;
  readonly onTry: () => void;
}

export function RulesEditor({ value, mistakeLines, onChange, onTry }: Props): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, onTry, value });
  useEffect(() => {
    latest.current = { onChange, onTry, value };
  });
  useEffect(() => {
    if (!host.current) return undefined;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          LOOK,
          yaml(),
          syntaxHighlighting(COLOURS),
          lineNumbers(),
          EditorView.lineWrapping,
          history(),
          bracketMatching(),
          mistakes,
          EditorView.contentAttributes.of({ 'aria-label': 'Sampling rules to try', spellcheck: 'false' }),
          Prec.highest(
            keymap.of([
              {
                key: 'Mod-Enter',
                run: () => {
                  latest.current.onTry();
                  return true;
                },
              },
            ]),
          ),
          keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
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
  useEffect(() => {
    view.current?.dispatch({ effects: setMistakes.of(mistakeLines) });
  }, [mistakeLines]);
  return <div ref={host} data-testid="rules-editor" />;
}
