// The code on the documents' pages: extracted as printed, run, and ended with its test.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PATIENCE_MS, within } from './inbox.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))

/** The fenced blocks of a page, in order. */
export async function blocksOf(page) {
  const text = await readFile(page, 'utf8')
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, source]) => ({ language, source }))
}

/** A directory for the duration of a test; `beside` is its parent, from where programs find the packages. */
export async function emptyDirectory(t, beside = HERE) {
  const directory = await mkdtemp(join(beside, '.pages-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Writes the blocks whose first line is a comment with a file name; returns the names. */
export async function writePrograms(directory, blocks) {
  const names = []
  for (const { source } of blocks) {
    const name = /^(?:\/\/|#) ([\w-]+\.(?:mjs|js|ex|toml))$/.exec(source.split('\n')[0])?.[1]
    if (!name) continue
    await writeFile(join(directory, name), source)
    names.push(name)
  }
  return names
}

/** A running program, with its output so far. */
export class Program {
  #waiting = new Set()

  /** Starts it in a process group of its own, so that nothing which a shell has started outlives the test. */
  constructor(t, command, args, cwd, env) {
    // Settings in the environment of the tests are not for the program.
    const others = Object.entries(process.env).filter(([name]) => !/^SWITCHBOARD_|TOKEN$/.test(name))
    const how = { cwd, env: { ...Object.fromEntries(others), ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true }
    this.name = args[0]
    this.output = ''
    this.errors = ''
    this.child = spawn(command, args, how)
    this.child.stdout.setEncoding('utf8').on('data', (text) => this.#hear('output', text))
    this.child.stderr.setEncoding('utf8').on('data', (text) => this.#hear('errors', text))
    this.exited = new Promise((resolve) => {
      this.child.once('error', ({ message }) => resolve(message))
      this.child.once('close', (code, signal) => resolve(code ?? signal))
    })
    t.after(() => this.kill())
  }

  /** Waits until the program has printed a matching line, on either stream. */
  async says(pattern) {
    await within(PATIENCE_MS, () => `it did not say ${pattern}: ${this.said}`, (resolve) => {
      const look = () => (pattern.test(this.output) || pattern.test(this.errors)) && resolve()
      this.#waiting.add(look)
      look()
    })
  }

  /** The exit code, or the signal that ended the program. */
  ended(limitMs = PATIENCE_MS) {
    return within(limitMs, () => `it did not end: ${this.said}`, (resolve) => void this.exited.then(resolve))
  }

  /** Waits until the program ends successfully. */
  async succeeds(limitMs) { assert.equal(await this.ended(limitMs), 0, this.said) }

  /** Kills the program with everything that it has started; resolves when it is gone. */
  async kill() {
    if (this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null) {
      process.kill(-this.child.pid, 'SIGKILL')
    }
    await this.exited
  }

  get said() { return `${this.name} printed: ${this.output}; and to stderr: ${this.errors}` }

  #hear(stream, text) {
    this[stream] += text
    for (const look of this.#waiting) look()
  }
}
