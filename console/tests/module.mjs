// One module of the pages alone, as tests of its rules use it.
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** A module that needs no page. */
export async function rules(name) {
  return import(`data:text/javascript,${encodeURIComponent(await source(name))}`)
}

/** What a browser would run of it. */
export async function source(name) {
  const entry = fileURLToPath(new URL(`../src/session/${name}`, import.meta.url))
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, target: 'es2022', lib: { entry, formats: ['es'] } },
  })
  return output[0].code
}
