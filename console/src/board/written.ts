// Lists and skills as a person writes them in a field.
import type { Skills } from 'switchboard-client'

/** The words of a list with commas between, each once. */
export function listOf(text: string): readonly string[] {
  return [...new Set(text.split(/[,،;]/).map((one) => one.trim()).filter((one) => one !== ''))]
}

/** Skills as a text: `de:4, senior:1`. */
export function writtenSkills(skills: Skills): string {
  return Object.entries(skills).map(([skill, level]) => `${skill}:${level}`).join(', ')
}

/** The skills of a text. One without a level has the level 1. */
export function skillsOf(text: string): Skills {
  return Object.fromEntries(
    listOf(text).map((one) => {
      const [, skill = one, level] = /^(.*?)\s*:\s*(\d+)$/.exec(one) ?? []
      return [skill, level === undefined ? 1 : Number(level)]
    }),
  )
}
