// Single modules of the pages, for tests of their rules.
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** Loads a module that needs no page. */
export async function rules(name) {
  return import(`data:text/javascript,${encodeURIComponent(await source(name))}`)
}

/** The module's code as a browser would run it. */
export async function source(name) {
  const entry = fileURLToPath(new URL(`../src/session/${name}`, import.meta.url))
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, target: 'es2022', lib: { entry, formats: ['es'] } },
  })
  return output[0].code
}
