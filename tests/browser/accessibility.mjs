// What axe-core finds on a page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = createRequire(new URL('../../web/package.json', import.meta.url)).resolve('axe-core/axe.min.js');

/** WCAG 2.2 AA and good practice. */
export const ALL_RULES = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  rules: { 'target-size': { enabled: true } },
};
/** The rules that a theme can break: it sets colours and nothing else. */
export const COLOUR_RULES = { runOnly: ['color-contrast', 'link-in-text-block'] };

/** A script in the page is not allowed by its content security policy; the browser's own console is. */
export const addAxe = (page) => page.evaluate(readFileSync(AXE, 'utf8'));

/** What breaks these rules, a line each that begins with the name of the view. The page must have axe. */
export async function findViolations(page, view, rules = ALL_RULES) {
  const found = await page.evaluate(async (rules) => {
    const { violations } = await window.axe.run(document, { ...rules, resultTypes: ['violations'] });
    // Wherever a list is scrolled to, its edge may cut a target; what counts is whether it is large enough in view.
    const isSmallInView = async ({ target: [selector] }) => {
      document.querySelector(selector).scrollIntoView({ block: 'center' });
      const { violations } = await window.axe.run(selector, { runOnly: ['target-size'] });
      return violations.length > 0;
    };
    const faults = [];
    for (const { id, nodes } of violations) {
      for (const node of nodes) if (id !== 'target-size' || (await isSmallInView(node))) faults.push({ id, ...node });
    }
    return faults;
  }, rules);
  return found.map(({ id, html, any }) => `${view}: ${id}: ${html.slice(0, 160)} ${any.map(({ message }) => message).join('; ')}`);
}
