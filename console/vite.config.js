// How the pages are built: five of them, the script that embeds the client's page elsewhere, and the desk's worker.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { defineConfig } from 'vite'
import { pngOf } from './icons.js'

/** Their addresses are written elsewhere: in apps, and in what is installed on phones. */
const LASTING_NAMES = ['embed', 'worker']
const COMPRESSIBLE = /\.(html|js|css|svg|webmanifest)$/

export default defineConfig({
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The policy of the pages lets nothing come from within a page.
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
        // A script of a foreign page must leave no names of its own there.
        postBanner: ({ name }) => (name === 'embed' ? '(() => {' : ''),
        postFooter: ({ name }) => (name === 'embed' ? '})()' : ''),
        entryFileNames: ({ name }) => (LASTING_NAMES.includes(name) ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  plugins: [{ name: 'icons', generateBundle: drawIcons }, { name: 'compressed', closeBundle: compress }],
})

/** iPhones and some launchers take no SVG. */
function drawIcons() {
  for (const [fileName, size, full] of [['icon-180.png', 180, true], ['icon-192.png', 192, false], ['icon-512.png', 512, true]]) {
    this.emitFile({ type: 'asset', fileName, source: pngOf(size, { full }) })
  }
}

/** The server sends what is compressed here, and compresses nothing itself. */
async function compress() {
  const dist = join(import.meta.dirname, 'dist')
  for (const name of await readdir(dist, { recursive: true })) {
    if (!COMPRESSIBLE.test(name)) continue
    const file = join(dist, name)
    await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }))
  }
}
