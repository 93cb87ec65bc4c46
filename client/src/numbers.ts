// Numbers of 32 bits on the wire.

export const LAST_NUMBER = 2 ** 32 - 1;

/** Numbers from 1 on. Behind the last one they begin anew, without those that are in use. */
export class Numbers {
  private wrapped = false;

  constructor(private last = 0) {}

  next(used: (number: number) => boolean): number {
    do {
      if (this.last === LAST_NUMBER) {
        this.last = 0;
        this.wrapped = true;
      }
      this.last++;
    } while (this.wrapped && used(this.last));
    return this.last;
  }

  /** Whether that number was ever given. */
  given(number: number): boolean {
    return number > 0 && (this.wrapped ? number <= LAST_NUMBER : number <= this.last);
  }
}
