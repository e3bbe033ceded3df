// The messages of a browser about invalid fields, in the language of the page instead of the browser's.
import { translated } from '../words/language.js'
import { number } from '../words/writing.js'

interface Words {
  readonly missing: string
  readonly letters: string
  readonly notNumber: string
  readonly whole: string
  readonly least: (value: string) => string
  readonly most: (value: string) => string
  readonly other: string
}

const words = translated<Words>({
  en: {
    missing: 'Fill in this field.',
    letters: 'Use letters, digits and . _ ~ @ -, at most 128.',
    notNumber: 'Enter a number.',
    whole: 'Use a whole number.',
    least: (value) => `At least ${value}.`,
    most: (value) => `At most ${value}.`,
    other: 'This is not valid.',
  },
  de: {
    missing: 'Bitte füllen Sie das aus.',
    letters: 'Nur Buchstaben, Ziffern und . _ ~ @ -, höchstens 128.',
    notNumber: 'Bitte eine Zahl eingeben.',
    whole: 'Nur ganze Zahlen.',
    least: (value) => `Mindestens ${value}.`,
    most: (value) => `Höchstens ${value}.`,
    other: 'Das stimmt so nicht.',
  },
  ar: {
    missing: 'يُرجى ملء هذا الحقل.',
    letters: 'أحرف لاتينية وأرقام و . _ ~ @ - فقط، 128 على الأكثر.',
    notNumber: 'يُرجى كتابة رقم.',
    whole: 'أعداد صحيحة فقط.',
    least: (value) => `${value} على الأقل.`,
    most: (value) => `${value} على الأكثر.`,
    other: 'هذا غير صحيح.',
  },
})

/** Replaces the messages of all fields of this page, from now on. */
export function sayWhatIsWrong(): void {
  // One of these events does not bubble to the document and the other does so too late, so that both are caught in the
  // capture phase.
  document.addEventListener('invalid', ({ target }) => {
    if (target instanceof HTMLInputElement) target.setCustomValidity(sentenceOf(target))
  }, true)
  document.addEventListener('input', ({ target }) => {
    if (target instanceof HTMLInputElement) target.setCustomValidity('')
  }, true)
}

function sentenceOf({ validity, min, max }: HTMLInputElement): string {
  const say = words()
  if (validity.badInput) return say.notNumber
  if (validity.valueMissing) return say.missing
  if (validity.patternMismatch) return say.letters
  if (validity.rangeUnderflow) return say.least(number(Number(min)))
  if (validity.rangeOverflow) return say.most(number(Number(max)))
  return validity.stepMismatch ? say.whole : say.other
}
