/** The style sheet is the bundler's. */
declare module '*.css';
