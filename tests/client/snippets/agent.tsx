import { TraditionalChatInterface } from "parley-react";

<TraditionalChatInterface
  chatId="chat_123"
  isSupportView={true}
  // Automatically enables realtimeMode if chat is escalated
/>
