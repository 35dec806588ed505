import { createApp } from 'vue';
import '../../common/style.css';
import App from './App.vue';

createApp(App).mount('#app');
