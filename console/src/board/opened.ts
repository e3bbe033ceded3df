// The dialog that is open over the wall: a booking's story, an employee, or the settings.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

/** A dialog of the board. */
export type Opened =
  | { readonly what: 'booking'; readonly id: string }
  | { readonly what: 'employee'; readonly id: string }
  | { readonly what: 'new employee' }
  | { readonly what: 'settings' }
  | { readonly what: 'routing' }

/** The function that opens a dialog. */
export const OpenContext = createContext<(opened: Opened) => void>(() => {})

/** Gives the function that opens a dialog over the wall. */
export function useOpen(): (opened: Opened) => void {
  return useContext(OpenContext)
}
