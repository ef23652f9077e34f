/** What table and picture of the overview share. */
import type { OverviewOrder } from '../../../shared/view/overview.ts';

class OverviewChoice {
  filter = $state('');
  order = $state<OverviewOrder>('named');
  /** The field of the filter is to take the focus when it is there. */
  wantsFilter = $state(false);
}

export const overviewChoice = new OverviewChoice();
