// A company's look, in its settings: a colour with a sample button, and a logo.
import { useId, useState } from 'preact/hooks'
import { paintOf } from '../look/brand.js'
import { ErrorLine } from '../look/doing.js'
import { Theirs } from './employee.js'
import { words } from './words.js'

/** The server's bounds for a logo. */
const LOGO_KINDS = ['image/png', 'image/webp']
const LOGO_MAX_BYTES = 64 * 1024
const LOGO_SIDE = { min: 16, max: 1024 }
/** The picker's value without a colour, since a colour picker cannot be empty. */
const NO_COLOUR = '#12504b'

interface Field {
  readonly value: string
  readonly set: (value: string) => void
  /** The present value, if another person has changed the field too. */
  readonly theirs: string | undefined
}

/** The colour, as `#rrggbb`; empty for the pages' own colours. */
export function ColourField({ value, set, theirs }: Field) {
  const say = words()
  const hint = useId()
  return (
    <fieldset class="rule">
      <legend>{say.colour}</legend>
      <div class="row wrap">
        <input
          type="color" name="colour" aria-label={say.colour} aria-describedby={hint} value={value || NO_COLOUR}
          onInput={(event) => set(event.currentTarget.value)}
        />
        <span class="button act sample" style={paintOf(value)} aria-hidden="true">
          {say.sampleButton}
        </span>
        <button type="button" aria-disabled={value === ''} onClick={() => set('')}>
          {say.ownColour}
        </button>
      </div>
      <div id={hint}>
        <p class="small soft">{say.colourMeans}</p>
        <Theirs text={theirs === '' ? say.ownColour : theirs} />
      </div>
    </fieldset>
  )
}

/** The logo as the URL of a picture, either the server's or a file that was chosen here; empty for none. */
export function LogoField({ value, set, theirs }: Field) {
  const say = words()
  const hint = useId()
  const [error, setError] = useState('')
  const choose = async (file: File | undefined) => {
    if (!file) return
    const trouble = await troubleOf(file)
    setError(trouble)
    if (!trouble) set(await addressOf(file))
  }
  const remove = () => {
    setError('')
    set('')
  }
  return (
    <fieldset class="rule">
      <legend>{say.logo}</legend>
      <div class="row wrap">
        {value && <img class="logo" src={value} alt={say.logo} />}
        <label class="button file">
          {say.chooseLogo}
          <input
            type="file" name="logo" accept={LOGO_KINDS.join()} aria-describedby={hint}
            onChange={({ currentTarget }) => {
              void choose(currentTarget.files?.[0])
              // Clearing the field lets the same file be chosen again, after it was made smaller.
              currentTarget.value = ''
            }}
          />
        </label>
        {value && (
          <button type="button" onClick={remove}>
            {say.removeLogo}
          </button>
        )}
      </div>
      <ErrorLine text={error} />
      <div id={hint}>
        <p class="small soft">{say.logoMeans}</p>
        <Theirs text={theirs && say.anotherLogo} />
        <Theirs text={theirs === '' ? say.noLogo : undefined} />
      </div>
    </fieldset>
  )
}

/** A chosen picture as the body of a request. */
export function pictureOf(address: string): Blob {
  const [head = '', data = ''] = address.split(',')
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
  return new Blob([bytes], { type: LOGO_KINDS.find((kind) => head.includes(kind)) ?? '' })
}

/** A sentence on why a file cannot be the logo; empty when the file can. */
async function troubleOf(file: File): Promise<string> {
  const say = words()
  if (!LOGO_KINDS.includes(file.type)) return say.logoKind
  if (file.size > LOGO_MAX_BYTES) return say.logoTooLarge(Math.ceil(file.size / 1024))
  const picture = await createImageBitmap(file).catch(() => undefined)
  if (!picture) return say.logoKind
  const { width, height } = picture
  picture.close()
  const isRight = [width, height].every((side) => side >= LOGO_SIDE.min && side <= LOGO_SIDE.max)
  return isRight ? '' : say.logoSides(width, height)
}

function addressOf(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}
