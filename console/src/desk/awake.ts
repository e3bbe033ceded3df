// Keeps the screen on while the employee can be asked or is in a session, because a sleeping phone does not ring.
import { useEffect } from 'preact/hooks'

/** Holds the screen awake while `wanted`; browsers release the lock whenever the page is hidden. */
export function useAwake(wanted: boolean): void {
  useEffect(() => {
    if (!wanted || !('wakeLock' in navigator)) return undefined
    let held: WakeLockSentinel | undefined
    let over = false
    const hold = async () => {
      if (document.hidden || over) return
      // With a low battery the device may refuse; then it sleeps as usual.
      held = await navigator.wakeLock.request('screen').catch(() => undefined)
      if (over) void held?.release()
    }
    void hold()
    document.addEventListener('visibilitychange', hold)
    return () => {
      over = true
      document.removeEventListener('visibilitychange', hold)
      void held?.release()
    }
  }, [wanted])
}
