// The page begins. Knows the element in which the app stands.
import { mount } from 'svelte';
import './style/tokens.css';
import './style/base.css';
import App from './app.svelte';

mount(App, { target: document.getElementById('app')! });
