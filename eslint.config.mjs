import typescript from '@typescript-eslint/eslint-plugin';

export default [
  ...typescript.configs['flat/recommended'],
  {
    rules: {
      '@typescript-eslint/no-namespace': 'off',
      eqeqeq: 'error',
      'prefer-const': 'error'
    }
  }
];
