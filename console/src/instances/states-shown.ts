/**
 * The states that an instance in a list can rest in, in the order of a life. One that is destroyed is in no list.
 */
export const STATES_SHOWN = ['registering', 'active', 'cleared', 'completed', 'bonus'] as const
