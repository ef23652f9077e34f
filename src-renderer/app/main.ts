import { mount } from 'svelte';
import '../ui/base.css';
import { app } from '../state/app.svelte.ts';
import App from './App.svelte';

mount(App, { target: document.body });
void app.greet();
