// One box for a question in the search language, or for a trace by its id. `/` focuses it. The editor is loaded when the box is first used.
import { Search } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { SearchMistake } from '#proto/search/mistake.ts';
import { parseSearch } from '#proto/search/parse.ts';
import { traceAddress } from '#proto/search/trace-address.ts';
import { useRange } from '#ui/state/now.tsx';
import { NO_FORMER, questionOf } from '#ui/state/question.ts';
import { useGo, useUrlState } from '#ui/state/url-state.ts';
import { isTyping } from '../widgets/is-typing.ts';
import s from './omnibox.module.css';

type Editor = typeof import('./question-editor.tsx').QuestionEditor;

/** In words; '' where there is none. */
function mistakeOf(text: string): string {
  try {
    parseSearch(text);
    return '';
  } catch (error) {
    if (error instanceof SearchMistake) return error.sentence(text);
    throw error;
  }
}

export function Omnibox(): ReactNode {
  const [path] = useLocation();
  const range = useRange();
  const { params, change } = useUrlState();
  const go = useGo();
  const asked = path === '/search' ? questionOf(params) : '';
  // The address is what is asked: what was typed is forgotten when that changes, by going back or by a facet.
  const [typed, setTyped] = useState({ beside: asked, text: asked, mistake: '' });
  const { text, mistake } = typed.beside === asked ? typed : { text: asked, mistake: '' };
  const [loaded, setLoaded] = useState<{ readonly Editor: Editor } | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const focusEditor = useRef<(() => void) | null>(null);

  const load = useCallback(() => {
    void import('./question-editor.tsx').then(({ QuestionEditor }) => setLoaded({ Editor: QuestionEditor }));
  }, []);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      event.preventDefault();
      if (focusEditor.current) focusEditor.current();
      else input.current?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  const run = (question: string): boolean => {
    const address = traceAddress(question);
    if (address) {
      go(`/trace/${address.traceId}`, address.spanId === '' ? {} : { span: address.spanId });
      return true;
    }
    const wrong = mistakeOf(question);
    setTyped({ beside: asked, text: question, mistake: wrong });
    if (wrong !== '') return false;
    if (path === '/search') change({ ...NO_FORMER, q: question.trim(), sel: null });
    else go('/search', { q: question.trim() });
    return true;
  };
  const onChange = (next: string): void => {
    setTyped({ beside: asked, text: next, mistake: '' });
  };

  return (
    <div className={s.box}>
      <div className={`field ${s.field}`}>
        <Search size={14} aria-hidden="true" className={s.icon} />
        {loaded ? (
          <loaded.Editor
            value={text}
            asked={asked}
            time={{ start: range.startNs, end: range.endNs }}
            onChange={onChange}
            onRun={run}
            onReady={(focus) => {
              focusEditor.current = focus;
              focus();
            }}
          />
        ) : (
          <input
            ref={input}
            value={text}
            placeholder="service=checkout status=error duration>500ms, words, or a trace id"
            aria-label="Search: conditions, words or a trace id"
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange(event.target.value)}
            onFocus={load}
            onKeyDown={(event) => {
              if (event.key === 'Escape') input.current?.blur();
              else if (event.key === 'Enter') run(text);
              else return;
              event.preventDefault();
            }}
          />
        )}
        <kbd aria-hidden="true">/</kbd>
      </div>
      {mistake !== '' && (
        <p className={s.mistake} role="alert">
          {mistake}
        </p>
      )}
    </div>
  );
}
