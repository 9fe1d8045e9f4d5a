/**
 * The manager's clock, estimated from answers with its time: of several, the one that took
 * least counts, as long as it is fresh.
 */
export class ServerTime {
  constructor() {
    /** @type {number|undefined} milliseconds that the manager's clock is ahead of ours */
    this.offset = undefined;
    /** @type {number|undefined} milliseconds that the last answer took */
    this.lag = undefined;
    this.best = { took: Infinity, at: -Infinity };
  }

  /**
   * @param {number|undefined} utc      seconds: what the manager answered
   * @param {number} asked    milliseconds by our clock
   * @param {number} answered likewise
   */
  take(utc, asked, answered) {
    if (!Number.isFinite(utc)) return;
    const took = answered - asked;
    if (took < 0) { // our clock was set meanwhile
      this.best = { took: Infinity, at: -Infinity };
      return;
    }
    this.lag = took;
    const offset = utc * 1000 - (asked + answered) / 2;
    // A clock that was set shows as a difference that the journey cannot explain.
    const jumped = this.offset !== undefined && Math.abs(offset - this.offset) > (took + this.best.took) / 2 + 50;
    if (jumped || took <= this.best.took || answered - this.best.at > 60_000) {
      this.best = { took, at: answered };
      this.offset = offset;
    }
  }
}
