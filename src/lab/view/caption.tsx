/** What just happened, in one plain sentence, and the story that it belongs to; the question to answer before. */
import type { VNode } from 'preact';
import type { PlayEnd } from '../../scenarios/index.ts';
import type { Recording } from '../model/recording.ts';
import type { View } from '../model/view.ts';
import { Icon } from './icon.tsx';

/** What there is to say when a run ended before its plan. */
const ENDS: Readonly<Record<PlayEnd, string>> = {
  planned: '',
  idle: '. Nothing more can happen.',
  full: '. More happens than is kept here.',
};

/** What the caption needs. */
export interface CaptionProps {
  readonly recording: Recording;
  readonly view: View;
  readonly hasBegun: boolean;
  /** To be said in the place of the story. */
  readonly lack: string;
}

/** The caption: before the run has begun what it is about, for its story would answer the question. */
export function Caption({ recording, view, hasBegun, lack }: CaptionProps): VNode {
  const { scenario, variant, end, endUs } = recording;
  const { title, variants } = scenario;
  const { question, captions } = variant;
  // so much room is kept, for what is below must not move when another sentence is told
  const longest = captions.toSorted((a, b) => b.length - a.length)[0] ?? '';
  const news = `${view.news?.text ?? ''}${view.timeUs >= endUs ? ENDS[end] : ''}`;
  return (
    <div class="caption">
      <p class="story" data-longest={longest}>
        <span>{lack || (hasBegun ? view.caption : title)}</span>
      </p>
      <p class="news">{hasBegun ? news : variants.length > 1 && variant.title}</p>
      <details class="menu question">
        <summary>Predict first</summary>
        <div class="popover">
          <p>{question.text}</p>
          <details>
            <summary>Show the answer</summary>
            <p>{question.answer}</p>
          </details>
        </div>
      </details>
    </div>
  );
}

/** The page as it opens: the question, and a big Play. */
export function Opening({
  recording,
  play,
}: {
  readonly recording: Recording;
  readonly play: () => void;
}): VNode {
  return (
    <div class="opening">
      <div>
        <p class="quiet">Predict first</p>
        <p class="ask">{recording.variant.question.text}</p>
        <button
          type="button"
          class="primary big"
          onClick={() => {
            // this button goes, and must not take the focus with it
            document.querySelector<HTMLElement>('.transport .primary')?.focus();
            play();
          }}
        >
          <Icon name="play" /> Play
        </button>
      </div>
    </div>
  );
}
