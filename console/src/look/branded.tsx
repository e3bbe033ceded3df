// A company's look on a page: its colour, and its logo beside its name.
import { useEffect } from 'preact/hooks'
import type { Company } from 'switchboard-client'
import { paint } from './brand.js'

/** Gives the page the company's colour, once known. */
export function useBrand(company: Company | undefined): void {
  const colour = company?.colour
  useEffect(() => paint(colour), [colour])
}

/** The logo, if there is one; its alternative text is empty because the name stands beside it. */
export function Logo({ company }: { company: Company | undefined }) {
  return company?.logo ? <img class="logo" src={company.logo} alt="" /> : null
}
