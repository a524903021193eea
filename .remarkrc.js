/** `npm run check:docs`: every link between our pages leads to a file, and to a heading in it. */
export default { plugins: [['remark-validate-links', { repository: false }]] };
