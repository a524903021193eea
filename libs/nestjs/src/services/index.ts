export { CallService } from './call-service.service.js';
export { OfferTasks } from './offer-tasks.service.js';
export { OwnServices } from './own-services.js';
export { ReadServices } from './read-services.service.js';
export { ServiceExchange } from './service-exchange.service.js';
export { ServiceGates } from './service-gates.service.js';
export { ServiceRounds } from './service-rounds.service.js';
export { ServicesController } from './services.controller.js';
