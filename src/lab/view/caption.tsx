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

/** The caption. */
export function Caption({
  recording,
  view,
  lack,
}: {
  readonly recording: Recording;
  readonly view: View;
  /** To be said in the place of the story. */
  readonly lack: string;
}): VNode {
  const { question } = recording.variant;
  return (
    <div class="caption">
      <div>
        <p class="story">{lack || view.caption}</p>
        <p class="news">
          {view.news?.text ?? ''}
          {view.timeUs >= recording.endUs && ENDS[recording.end]}
        </p>
      </div>
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
  const { question } = recording.variant;
  return (
    <div class="opening">
      <div>
        <p class="quiet">Predict first</p>
        <p class="ask">{question.text}</p>
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
