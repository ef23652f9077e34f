/** dependency-cruiser's rules, made of the table in layers.ts. What a rule's comment says is printed when it refuses. */
import { builtinModules } from 'node:module';
import { layers, rowsBelow } from './layers.ts';

const escape = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const tests = '\\.test\\.ts$';
/** A folder with all below it, or one file. */
const within = (path) => `^${escape(path)}(/|$)`;
const builtin = `^(node:|(${builtinModules.filter((name) => !name.startsWith('_')).join('|')})$)`;

/** One rule for a row: whatever is not in its columns is refused. */
function rule(layer) {
  const { folder, environment, owns, imports, packages } = layer;
  const listed = [...imports, ...packages, ...(environment === 'node' ? ['node:*'] : [])];
  return {
    name: `imports-of-${folder.replaceAll('/', '-')}`,
    severity: 'error',
    comment: `${folder}/ (${environment}: ${owns}) may import ${['itself', ...listed].join(', ')}: .ci/layers.ts`,
    from: { path: within(folder), pathNot: [tests, ...rowsBelow(layer).map((row) => within(row.folder))] },
    to: {
      pathNot: [
        within(folder),
        ...imports.map(within),
        ...packages.map((name) => `(^|/)node_modules/${escape(name)}/`),
        ...(environment === 'node' ? [builtin] : []),
      ],
    },
  };
}

export default {
  forbidden: [
    ...layers.map(rule),
    {
      name: 'no-circle',
      severity: 'error',
      comment: 'Imports in a circle have no first: neither file can be read, tested or changed alone.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nobody-imports-a-test',
      severity: 'error',
      comment: 'A test may import anything, so what it exports would carry that into the house.',
      from: {},
      to: { path: tests },
    },
    {
      name: 'no-unresolved-import',
      severity: 'error',
      comment: 'There is no such file or package.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-unlisted-package',
      severity: 'error',
      comment: 'The package is not in package.json: it is here only by the grace of another one.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true, // sees type-only imports too
    doNotFollow: { path: 'node_modules' },
    skipAnalysisNotInRules: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'svelte', 'types', 'default'],
    },
  },
};
