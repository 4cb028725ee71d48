/** A promise that did not hold in a simulation. */
export class Violation extends Error {
  override readonly name = 'Violation'
}
