import typescript from '@typescript-eslint/eslint-plugin';

// Who may look at whom: tokens <- api <- model <- widgets <- commands <- index.
const LAYERS = ['tokens', 'api', 'model', 'widgets', 'commands', 'index'];

const layering = LAYERS.map((layer, place) => ({
    files: [`labextension/src/${layer}.ts`, `labextension/src/${layer}/**`],
    rules: {
        'no-restricted-imports': [
            'error',
            {
                patterns: LAYERS.slice(place + 1).map(above => ({
                    group: [
                        `./${above}`,
                        `./${above}/*`,
                        `../**/${above}`,
                        `../**/${above}/*`
                    ],
                    message: `${layer} may not look at ${above}.`
                }))
            }
        ]
    }
}));

export default [
    ...typescript.configs['flat/recommended'],
    {
        rules: {
            '@typescript-eslint/no-namespace': 'off',
            eqeqeq: 'error',
            'prefer-const': 'error'
        }
    },
    ...layering,
    {
        // Only api.ts speaks HTTP; models know no DOM; nothing asks again and again by itself.
        files: ['labextension/src/**'],
        ignores: ['labextension/src/api.ts'],
        rules: {
            'no-restricted-globals': [
                'error',
                'fetch',
                'XMLHttpRequest',
                'setInterval'
            ]
        }
    },
    {
        files: ['labextension/src/model/**', 'labextension/src/tokens.ts'],
        rules: {
            'no-restricted-globals': [
                'error',
                'fetch',
                'setInterval',
                'document',
                'window'
            ]
        }
    }
];
