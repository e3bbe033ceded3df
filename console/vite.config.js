// The build of the pages: five pages, the script that embeds the client's page elsewhere, and the desk's worker.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { defineConfig } from 'vite'
import { pngOf } from './icons.js'

/** These files keep their names, because apps and installed pages refer to them. */
const LASTING_NAMES = ['embed', 'worker']
const COMPRESSIBLE = /\.(html|js|css|svg|webmanifest)$/

export default defineConfig({
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The pages' content security policy forbids inlined assets.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        index: 'index.html',
        desk: 'desk.html',
        book: 'book.html',
        board: 'board.html',
        nowhere: 'nowhere.html',
        embed: 'src/book/embed.ts',
        worker: 'src/desk/worker.ts',
      },
      output: {
        // The script runs in a foreign page, and must not leave global names there.
        postBanner: ({ name }) => (name === 'embed' ? '(() => {' : ''),
        postFooter: ({ name }) => (name === 'embed' ? '})()' : ''),
        entryFileNames: ({ name }) => (LASTING_NAMES.includes(name) ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  plugins: [{ name: 'icons', generateBundle: drawIcons }, { name: 'compressed', closeBundle: compress }],
})

/** Draws the icons as PNG, because iPhones and some launchers take no SVG. */
function drawIcons() {
  for (const [fileName, size, full] of [['icon-180.png', 180, true], ['icon-192.png', 192, false], ['icon-512.png', 512, true]]) {
    this.emitFile({ type: 'asset', fileName, source: pngOf(size, { full }) })
  }
}

/** Compresses the files, because the server only sends compressed files and compresses none itself. */
async function compress() {
  const dist = join(import.meta.dirname, 'dist')
  for (const name of await readdir(dist, { recursive: true })) {
    if (!COMPRESSIBLE.test(name)) continue
    const file = join(dist, name)
    await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }))
  }
}
