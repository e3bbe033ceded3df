// What is open over the wall: a booking's story, an employee, the settings.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

/** A dialog of the board. */
export type Opened =
  | { readonly what: 'booking'; readonly id: string }
  | { readonly what: 'employee'; readonly id: string }
  | { readonly what: 'new employee' }
  | { readonly what: 'settings' }

/** What opens one. */
export const OpenContext = createContext<(opened: Opened) => void>(() => {})

/** Opens one over the wall. */
export function useOpen(): (opened: Opened) => void {
  return useContext(OpenContext)
}
